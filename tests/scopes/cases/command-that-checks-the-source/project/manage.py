import django
import shop.made
