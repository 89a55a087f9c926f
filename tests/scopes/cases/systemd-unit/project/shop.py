import quart
