const fs = require('fs');
const path = require('path');
const unzipper = require('unzipper');

async function ensureDir(dir) {
  await fs.promises.mkdir(dir, { recursive: true });
}

async function restoreBackup(archivePath, targetDir, onProgress = () => {}) {
  const root = path.resolve(targetDir);
  await ensureDir(root);
  const directory = await unzipper.Open.file(archivePath);
  let done = 0;

  for (const entry of directory.files) {
    const destination = path.join(root, entry.path);
    if (entry.type === 'Directory') {
      await ensureDir(destination);
      continue;
    }
    await ensureDir(path.dirname(destination));
    await new Promise((resolve, reject) => {
      entry
        .stream()
        .pipe(fs.createWriteStream(destination))
        .on('finish', resolve)
        .on('error', reject);
    });
    done += 1;
    onProgress(done / directory.files.length);
  }
  return done;
}

module.exports = { restoreBackup };
