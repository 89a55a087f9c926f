"""Whole tasks: read a project, plan, build, optimize, write."""
