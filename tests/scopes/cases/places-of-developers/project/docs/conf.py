import page_theme
