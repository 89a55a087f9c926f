import django
import shop.settings.base
