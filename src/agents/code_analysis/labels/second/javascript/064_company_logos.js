const path = require('path');
const express = require('express');
const multer = require('multer');
const { requireUser } = require('./auth');
const companies = require('./companies');

const PUBLIC = path.join(__dirname, '..', 'public');

const storage = multer.diskStorage({
  destination: path.join(PUBLIC, 'logos'),
  filename(req, file, done) {
    const stamp = Date.now().toString(36);
    done(null, `${req.user.companyId}-${stamp}${path.extname(file.originalname)}`);
  },
});

const upload = multer({ storage, limits: { fileSize: 2 * 1024 * 1024, files: 1 } });

const router = express.Router();

router.use('/static', express.static(PUBLIC, { index: false }));

router.get('/companies/:id(\\d+)', async (req, res, next) => {
  try {
    const company = await companies.find(Number(req.params.id));
    if (!company) {
      return res.sendStatus(404);
    }
    return res.json({ name: company.name, logo: company.logo });
  } catch (err) {
    return next(err);
  }
});

router.post('/company/logo', requireUser, upload.single('logo'), async (req, res, next) => {
  if (!req.file) {
    return res.status(400).json({ error: 'no file' });
  }
  try {
    const url = `/static/logos/${req.file.filename}`;
    await companies.setLogo(req.user.companyId, url);
    return res.status(201).json({ url });
  } catch (err) {
    return next(err);
  }
});

router.use((err, req, res, next) => {
  if (err instanceof multer.MulterError) {
    return res.status(413).json({ error: 'upload was refused' });
  }
  return next(err);
});

module.exports = router;
