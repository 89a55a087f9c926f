import django
import shop
