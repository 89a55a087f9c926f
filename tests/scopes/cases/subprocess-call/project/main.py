import subprocess
def fetch(url):
    subprocess.run(["yt-dlp", "--quiet", url], check=True)
