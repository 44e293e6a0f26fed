"""Leads that come in files."""
