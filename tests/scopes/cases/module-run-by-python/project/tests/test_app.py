import pytest
pytest.main(["-m", "flask"])
