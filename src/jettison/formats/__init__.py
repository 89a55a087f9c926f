"""How each kind of file is written, and how it is edited without losing a byte."""
