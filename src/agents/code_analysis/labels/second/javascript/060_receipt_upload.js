const crypto = require('crypto');
const fs = require('fs/promises');
const path = require('path');
const express = require('express');
const multer = require('multer');
const { requireUser } = require('./auth');
const receipts = require('./receipts');

const FOLDER = path.resolve(process.env.RECEIPT_DIR || '/srv/receipts');
const KEY = /^[0-9a-f]{32}$/;

const KINDS = [
  { magic: Buffer.from('%PDF-'), extension: 'pdf', mime: 'application/pdf' },
  { magic: Buffer.from([0xff, 0xd8, 0xff]), extension: 'jpg', mime: 'image/jpeg' },
  { magic: Buffer.from([0x89, 0x50, 0x4e, 0x47]), extension: 'png', mime: 'image/png' },
];

const upload = multer({
  storage: multer.memoryStorage(),
  limits: { fileSize: 4 * 1024 * 1024, files: 1, fields: 5 },
  fileFilter(req, file, done) {
    done(null, KINDS.some((kind) => kind.mime === file.mimetype));
  },
});

function detect(buffer) {
  return KINDS.find((kind) => buffer.subarray(0, kind.magic.length).equals(kind.magic));
}

const router = express.Router();
router.use(requireUser);

router.post('/receipts', upload.single('receipt'), async (req, res, next) => {
  const kind = req.file && detect(req.file.buffer);
  if (!kind) {
    return res.status(415).json({ error: 'type not supported' });
  }
  const key = crypto.randomBytes(16).toString('hex');
  try {
    const file = path.join(FOLDER, `${key}.${kind.extension}`);
    await fs.writeFile(file, req.file.buffer, { flag: 'wx', mode: 0o600 });
    await receipts.insert({ key, owner: req.user.id, extension: kind.extension });
    return res.status(201).json({ key });
  } catch (err) {
    return next(err);
  }
});

router.get('/receipts/:key', async (req, res, next) => {
  if (!KEY.test(req.params.key)) {
    return res.sendStatus(404);
  }
  try {
    const receipt = await receipts.find(req.params.key, req.user.id);
    if (!receipt) {
      return res.sendStatus(404);
    }
    res.set('X-Content-Type-Options', 'nosniff');
    return res.download(path.join(FOLDER, `${receipt.key}.${receipt.extension}`), 'receipt');
  } catch (err) {
    return next(err);
  }
});

module.exports = router;
