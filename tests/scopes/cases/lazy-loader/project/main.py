from shop.loading import LazyLoader
frames = LazyLoader("pandas")
