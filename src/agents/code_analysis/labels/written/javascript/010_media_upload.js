const path = require('path');
const express = require('express');
const multer = require('multer');
const { requireUser } = require('./auth');

const app = express();
const PUBLIC = path.join(__dirname, 'public');

const storage = multer.diskStorage({
  destination: path.join(PUBLIC, 'uploads'),
  filename(req, file, done) {
    done(null, `${req.user.id}-${path.basename(file.originalname)}`);
  },
});

const upload = multer({ storage, limits: { fileSize: 5 * 1024 * 1024, files: 4 } });

app.use(express.static(PUBLIC));

app.post('/media', requireUser, upload.array('files', 4), (req, res) => {
  const stored = req.files.map(({ filename, size }) => ({
    url: `/uploads/${encodeURIComponent(filename)}`,
    size,
  }));
  res.status(201).json(stored);
});

app.listen(Number(process.env.PORT) || 3000);
