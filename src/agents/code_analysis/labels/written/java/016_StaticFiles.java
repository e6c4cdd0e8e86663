package com.acme.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

public class StaticFiles extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private transient Path root;

    @Override
    public void init() {
        try {
            root = Path.of(getInitParameter("root")).toRealPath();
        } catch (IOException e) {
            throw new IllegalStateException("root is missing", e);
        }
    }

    private Path resolve(String info) throws IOException {
        Path candidate = root.resolve(info.substring(1)).normalize();
        if (!candidate.startsWith(root) || !Files.isRegularFile(candidate)) {
            return null;
        }
        Path real = candidate.toRealPath();
        return real.startsWith(root) ? real : null;
    }

    @Override
    protected void doGet(HttpServletRequest req, HttpServletResponse resp) throws IOException {
        String info = req.getPathInfo();
        Path file;
        try {
            file = info == null ? null : resolve(info);
        } catch (InvalidPathException e) {
            file = null;
        }
        if (file == null) {
            resp.sendError(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        String type = getServletContext().getMimeType(file.getFileName().toString());
        resp.setContentType(type == null ? "application/octet-stream" : type);
        resp.setHeader("X-Content-Type-Options", "nosniff");
        resp.setContentLengthLong(Files.size(file));
        Files.copy(file, resp.getOutputStream());
    }
}
