HOST = 'localhost'
