"""What the console does: takes in what is said, and shows it."""

from services.console.service.customers import Customer, Entry, find_customer, tell_timeline
from services.console.service.erasing import erase_people
from services.console.service.overview import CLAIMANTS, Overview, look_over
from services.console.service.people import open_library, watchable
from services.console.service.pipeline import Board, lay_out_board, list_sales
from services.console.service.reading import take_in
from services.console.service.rebuild import (
    Rebuild,
    begin_rebuild,
    follow_rebuild,
    generation_to_write,
    prepare_generation,
    tend_generations,
)

__all__ = [
    "CLAIMANTS",
    "Board",
    "Customer",
    "Entry",
    "Overview",
    "Rebuild",
    "begin_rebuild",
    "erase_people",
    "find_customer",
    "follow_rebuild",
    "generation_to_write",
    "lay_out_board",
    "list_sales",
    "look_over",
    "open_library",
    "prepare_generation",
    "take_in",
    "tell_timeline",
    "tend_generations",
    "watchable",
]
