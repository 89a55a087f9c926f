def command(bin):
    return (bin / "python", "-m", "sphinx")
