import os

def run(name):
    os.system('ls ' + name)
