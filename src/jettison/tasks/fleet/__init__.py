"""A whole fleet: find its projects, plan, build and verify each apart, and put them together."""
