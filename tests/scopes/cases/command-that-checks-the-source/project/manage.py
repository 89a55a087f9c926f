import django
import shop.lint_utils
import shop.made
