"""What this service keeps."""

from services.accounts.models.account import Account, AccountContact, Aggregate, Deal, Erasure, Identity, Rep
from services.accounts.models.care import Case, FollowUp, Satisfaction, Survey
from services.accounts.models.order import Order, OrderStatus, RecordedExpectation

__all__ = [
    "Account",
    "AccountContact",
    "Aggregate",
    "Case",
    "Deal",
    "Erasure",
    "FollowUp",
    "Identity",
    "Order",
    "OrderStatus",
    "RecordedExpectation",
    "Rep",
    "Satisfaction",
    "Survey",
]
