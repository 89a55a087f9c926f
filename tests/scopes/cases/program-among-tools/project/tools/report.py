import tools.lines
