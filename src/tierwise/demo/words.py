"""Words that invented names are made of."""

from __future__ import annotations

_FIRST_WORDS = """
Alder Amber Anchor Arbour Aster Beacon Birch Bluebell Bramble Bridge Brook Cedar Chalk Clover
Cobalt Copper Coral Crane Dale Drift Eagle Elder Ember Falcon Fern Flint Forge Garnet Glen
Granite Harbour Hazel Heath Heron Holly Indigo Iron Ivory Jasper Juniper Kestrel Lantern Larch
Laurel Linden Lotus Maple Marble Meadow Mill Moor Moss Myrtle North Oak Ochre Olive Opal Orchard
Otter Pebble Pine Plover Poplar Quarry Quill Raven Reed Ridge River Rowan Saffron Sage Sandstone
Silver Slate Sorrel Spruce Sterling Stone Summit Swift Teal Thistle Timber Topaz Umber Vale
Violet Walnut Willow Wren Yarrow
"""
FIRST_WORDS = tuple(_FIRST_WORDS.split())

_SECOND_WORDS = """
Analytics Apparel Architects Bakery Bearings Bikes Boats Books Brewing Building Care Ceramics
Chemicals Clinics Coatings Coffee Components Construction Cycles Dairy Dental Design
Distribution Drinks Electronics Energy Engineering Estates Fabrics Farms Fasteners Films Finance
Fittings Foods Freight Furniture Gardens Glass Graphics Health Hotels Instruments Insurance
Interiors Joinery Kitchens Labs Laundry Leather Legal Lighting Logistics Machines Marine Media
Metals Motors Movers Music Nurseries Optics Packaging Paper Partners Pharma Plastics Plumbing
Press Produce Pumps Rail Recycling Rentals Research Roofing Safety Schools Seeds Shipping
Software Sports Steel Storage Studios Surveys Systems Textiles Tools Toys Trading Travel Valves
Vets Wines Works
"""
SECOND_WORDS = tuple(_SECOND_WORDS.split())

_GIVEN_NAMES = """
Ada Alan Aline Amina Anders Anna Anton Aoife Astrid Bela Ben Birgit Carl Carmen Chloe Clara
Conor Daan David Dora Edith Elena Elias Emil Emma Erik Eva Fatima Felix Finn Fleur Frida George
Grace Greta Hana Hannah Hugo Ida Imran Ines Ingrid Isla Jack Jan Joan Jonas Julia Karim Karin
Lars Lea Leo Lina Louis Lucia Maeve Marc Maria Marta Max Mila Nadia Niall Nils Nina Nora Olaf
Olga Oscar Otto Paul Petra Pia Priya Rosa Ruth Samir Sara Sean Selma Sofia Stefan Tara Theo Tom
Uma Vera Victor Wim Yara Yusuf Zoe
"""
GIVEN_NAMES = tuple(_GIVEN_NAMES.split())

_FAMILY_NAMES = """
Abbott Adler Ahmed Andersson Baker Bauer Becker Bergman Berry Blanc Bloom Boyle Brandt Brennan
Byrne Carter Chevalier Clarke Cole Cooper Dahl Daly Dubois Duval Eklund Ellis Engel Evans
Farrell Faure Fischer Fleming Foster Frank Gallagher Garnier Gray Haas Hale Hansen Hart Hayes
Henry Hoffmann Holm Hughes Jansen Jones Kane Keller Kelly Khan Klein Koch Lambert Lang Larsson
Lewis Lindqvist Lopez Marsh Martin Mercier Meyer Moreau Morgan Murphy Neumann Nolan Novak Olsen
Osman Palmer Patel Peters Quinn Reed Renard Richter Roche Rossi Roth Ryan Schulz Shah Shaw Simon
Singh Smit Stone Vance Visser Vogel Wagner Walsh Ward Weber West Winter Wolf Young Zimmer
"""
FAMILY_NAMES = tuple(_FAMILY_NAMES.split())

COUNTRIES = ("GB", "DE", "FR", "IE", "NL", "SE", "US")
COUNTRY_WEIGHTS = (0.28, 0.24, 0.16, 0.11, 0.08, 0.06, 0.07)
LEGAL_FORMS = ("Ltd", "GmbH", "SARL", "DAC", "BV", "AB", "Inc")
LOCALES = ("en-GB", "de-DE", "fr-FR", "en-IE", "nl-NL", "sv-SE", "en-US")
TIME_ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Dublin",
    "Europe/Amsterdam",
    "Europe/Stockholm",
    "America/New_York",
)

# Number ranges set aside for fiction by each country's regulator, with the count
# of digits left to fill. The Dutch regulator reserves none, so Dutch people have no phone here.
PHONE_RANGES: tuple[tuple[tuple[str, int], ...], ...] = (
    (
        ("+44 7700 900", 3),
        ("+44 20 7946 0", 3),
        ("+44 161 496 0", 3),
        ("+44 113 496 0", 3),
        ("+44 121 496 0", 3),
        ("+44 141 496 0", 3),
    ),
    (
        ("+49 30 23125 ", 3),
        ("+49 69 90009 ", 3),
        ("+49 40 66969 ", 3),
        ("+49 221 4710 ", 3),
        ("+49 89 99998 ", 3),
    ),
    (("+33 1 9900 ", 4),),
    (("+353 20 910 ", 4),),
    (),
    (
        ("+46 31 390 06", 2),
        ("+46 40 628 04", 2),
        ("+46 8 465 004", 2),
        ("+46 90 17 49", 2),
        ("+46 980 319 2", 2),
    ),
    (
        ("+1 212 555 01", 2),
        ("+1 312 555 01", 2),
        ("+1 415 555 01", 2),
        ("+1 617 555 01", 2),
        ("+1 702 555 01", 2),
        ("+1 713 555 01", 2),
    ),
)
