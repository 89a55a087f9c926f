"""Imports everything that production reaches, with what the plan leaves installed alone."""
