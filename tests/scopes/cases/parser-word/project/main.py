from bs4 import BeautifulSoup
soup = BeautifulSoup("<p>", "html5lib")
