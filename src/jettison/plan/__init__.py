"""The image as data: what a project builds, and the changes that can be made to it."""
