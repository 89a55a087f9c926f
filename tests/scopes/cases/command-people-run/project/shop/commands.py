import click

@click.command()
def fill():
    import factory
