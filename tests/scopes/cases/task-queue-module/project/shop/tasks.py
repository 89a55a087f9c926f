include = ["shop.reports"]
