def export():
    import docx
