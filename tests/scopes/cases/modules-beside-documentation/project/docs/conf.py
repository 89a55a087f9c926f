import page_helpers
import page_theme
