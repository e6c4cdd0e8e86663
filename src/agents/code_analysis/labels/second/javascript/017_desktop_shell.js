'use strict';

const path = require('path');
const { app, BrowserWindow, ipcMain, session, shell } = require('electron');

const EXTERNAL_HOSTS = new Set(['docs.example.com', 'support.example.com']);
const INDEX = path.join(__dirname, 'renderer', 'index.html');

let mainWindow = null;

function externalUrl(value) {
  let url;
  try {
    url = new URL(String(value));
  } catch (err) {
    return null;
  }
  if (url.protocol !== 'https:' || !EXTERNAL_HOSTS.has(url.hostname)) {
    return null;
  }
  return url.href;
}

async function openExternal(value) {
  const href = externalUrl(value);
  if (href) {
    await shell.openExternal(href);
  }
  return href !== null;
}

function createWindow() {
  mainWindow = new BrowserWindow({
    width: 1200,
    height: 800,
    webPreferences: {
      preload: path.join(__dirname, 'preload.js'),
      contextIsolation: true,
      nodeIntegration: false,
      sandbox: true,
      webSecurity: true,
    },
  });
  mainWindow.webContents.setWindowOpenHandler(({ url }) => {
    openExternal(url);
    return { action: 'deny' };
  });
  mainWindow.webContents.on('will-navigate', (event) => event.preventDefault());
  mainWindow.loadFile(INDEX);
  mainWindow.on('closed', () => {
    mainWindow = null;
  });
}

function fromMainWindow(event) {
  return mainWindow !== null && event.senderFrame === mainWindow.webContents.mainFrame;
}

ipcMain.handle('open-help', (event, page) => {
  if (!fromMainWindow(event)) {
    return false;
  }
  return openExternal(`https://docs.example.com/help/${encodeURIComponent(page)}`);
});

ipcMain.handle('app-version', () => app.getVersion());

app.whenReady().then(() => {
  session.defaultSession.setPermissionRequestHandler((contents, permission, done) => done(false));
  createWindow();
});

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') {
    app.quit();
  }
});
