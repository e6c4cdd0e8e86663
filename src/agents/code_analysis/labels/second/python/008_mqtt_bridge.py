"""Bridge sensor messages from MQTT to the metrics gateway."""
import json
import logging
import os
import signal
import ssl
import urllib.request

import paho.mqtt.client as mqtt

log = logging.getLogger("bridge")
CA_FILE = "/etc/ssl/private-ca.pem"


def tls_context():
    context = ssl.create_default_context(cafile=CA_FILE)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(os.environ["CLIENT_CERT"], os.environ["CLIENT_KEY"])
    return context


class Bridge:
    def __init__(self, gateway):
        if not gateway.startswith("https://"):
            raise ValueError("the gateway must use https")
        self.gateway = gateway
        self.context = tls_context()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bridge")
        self.client.tls_set_context(self.context)
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message

    def on_connect(self, client, userdata, flags, reason_code, properties):
        client.subscribe("sensors/+/temperature", qos=1)

    def on_message(self, client, userdata, message):
        try:
            value = float(json.loads(message.payload)["value"])
        except (KeyError, TypeError, ValueError):
            log.warning("message of %d bytes ignored", len(message.payload))
            return
        self.push(value)

    def push(self, value):
        body = json.dumps({"metric": "temperature", "value": value}).encode()
        req = urllib.request.Request(
            self.gateway, data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(req, timeout=5, context=self.context) as resp:
            log.debug("gateway answered %d", resp.status)

    def run(self, host, port=8883):
        self.client.connect(host, port, keepalive=30)
        signal.signal(signal.SIGTERM, lambda *_: self.client.disconnect())
        self.client.loop_forever()


if __name__ == "__main__":
    Bridge("https://metrics.corp.example/push").run("mqtt.corp.example")
