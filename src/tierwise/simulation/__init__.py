"""Simulation: what a routing policy does to each class before it is switched on."""
