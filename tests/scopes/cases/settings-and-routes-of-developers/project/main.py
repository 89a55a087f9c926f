import django
import shop.settings
