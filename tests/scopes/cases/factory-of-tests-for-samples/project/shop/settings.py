INSTALLED_APPS = ["shop", "shop.wiki"]
