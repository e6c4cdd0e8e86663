function scale(width, height, most) {
  if (width <= most && height <= most) {
    return 1;
  }
  return width > height ? most / width : most / height;
}

const { exec } = require("child_process");
const express = require("express");
const app = express();

app.get("/thumb", (req, res) => {
  exec("convert " + req.query.file + " out.png", (err) => {
    res.send(err ? "failed" : "done");
  });
});
