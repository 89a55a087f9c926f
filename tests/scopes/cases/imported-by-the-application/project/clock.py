def freeze():
    # for demonstrations
    import freezegun
