const express = require('express');
const { MongoClient } = require('mongodb');
const { createSession } = require('./sessions');

const router = express.Router();
const client = new MongoClient(process.env.MONGO_URL);

async function devices() {
  await client.connect();
  return client.db('kiosk').collection('devices');
}

router.use(express.json({ limit: '10kb' }));

router.post('/pair', async (req, res, next) => {
  const { deviceId, pairingCode } = req.body;
  if (!deviceId || !pairingCode) {
    return res.status(400).json({ error: 'deviceId and pairingCode are needed' });
  }
  try {
    const collection = await devices();
    const device = await collection.findOne({ deviceId, pairingCode, revoked: false });
    if (!device) {
      return res.status(401).json({ error: 'pairing refused' });
    }
    const session = await createSession(device._id);
    return res.json({ session: session.id, expires: session.expires });
  } catch (err) {
    return next(err);
  }
});

module.exports = router;
