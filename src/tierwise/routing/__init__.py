"""Routing: the one policy that decides in the simulator and in the live router."""
