from yamllint import linter
import rich
