const { randomUUID } = require('crypto');
const fs = require('fs/promises');
const path = require('path');
const express = require('express');
const multer = require('multer');
const { requireUser } = require('./auth');

const STORE = process.env.UPLOAD_DIR || '/srv/uploads';
const upload = multer({
  storage: multer.memoryStorage(),
  limits: { fileSize: 4 * 1024 * 1024, files: 1, fields: 5 },
});

const SIGNATURES = [
  { extension: 'png', bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) },
  { extension: 'jpg', bytes: Buffer.from([0xff, 0xd8, 0xff]) },
];

function detect(buffer) {
  const found = SIGNATURES.find(({ bytes }) => buffer.subarray(0, bytes.length).equals(bytes));
  return found ? found.extension : null;
}

const router = express.Router();

router.post('/pictures', requireUser, upload.single('picture'), async (req, res, next) => {
  try {
    const extension = req.file && detect(req.file.buffer);
    if (!extension) {
      res.status(415).json({ error: 'a PNG or JPEG picture is needed' });
      return;
    }
    const name = `${randomUUID()}.${extension}`;
    await fs.writeFile(path.join(STORE, name), req.file.buffer, { flag: 'wx', mode: 0o640 });
    res.status(201).json({ name });
  } catch (err) {
    next(err);
  }
});

module.exports = router;
