import epubs
import fixtures
import main
