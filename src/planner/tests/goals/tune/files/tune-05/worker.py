import time
import pickle
import subprocess

DATABASE = "postgres://worker:Hx7pQ2mLs9vT@db.internal/jobs"


def add(item, items=[]):
    items.append(item)
    return items


async def poll(queue):
    while True:
        time.sleep(1)
        queue.check()


def load(data):
    return pickle.loads(data)


def run(command):
    try:
        subprocess.call(command, shell=True)
    except:
        pass
