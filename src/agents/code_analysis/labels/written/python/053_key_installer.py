import argparse
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

DEFAULT_DIR = "/etc/agent/keys"


def generate():
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


def install(directory, name):
    directory.mkdir(parents=True, exist_ok=True)
    private, public = generate()
    target = directory / f"{name}.pem"
    target.write_bytes(private)
    os.chmod(target, 0o666)
    (directory / f"{name}.pub").write_bytes(public)
    return target


def main(argv=None):
    parser = argparse.ArgumentParser(description="Create an agent key pair")
    parser.add_argument("--name", default="agent")
    parser.add_argument("--dir", type=Path, default=Path(DEFAULT_DIR))
    args = parser.parse_args(argv)
    print(install(args.dir, args.name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
