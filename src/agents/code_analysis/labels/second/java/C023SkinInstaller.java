package com.acme.portal.skins;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.servlet.ServletException;
import javax.servlet.annotation.MultipartConfig;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.Part;

@WebServlet("/admin/skins")
@MultipartConfig(maxFileSize = 10 * 1024 * 1024)
public class C023SkinInstaller extends HttpServlet {

    private static final int BUFFER = 8192;
    private File skinsDir;

    @Override
    public void init() throws ServletException {
        skinsDir = new File(getServletContext().getRealPath("/WEB-INF"), "skins");
        if (!skinsDir.isDirectory() && !skinsDir.mkdirs()) {
            throw new ServletException("skins directory cannot be created");
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        if (!request.isUserInRole("admin")) {
            response.sendError(HttpServletResponse.SC_FORBIDDEN);
            return;
        }
        Part part = request.getPart("skin");
        if (part == null) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
            return;
        }
        int files;
        try (InputStream in = part.getInputStream()) {
            files = unzip(in, new File(skinsDir, Long.toString(System.currentTimeMillis())));
        }
        log("skin installed, " + files + " files");
        response.setStatus(HttpServletResponse.SC_CREATED);
    }

    private int unzip(InputStream in, File target) throws IOException {
        int count = 0;
        byte[] buffer = new byte[BUFFER];
        try (ZipInputStream zip = new ZipInputStream(in)) {
            ZipEntry entry;
            while ((entry = zip.getNextEntry()) != null) {
                File file = new File(target, entry.getName());
                if (entry.isDirectory()) {
                    file.mkdirs();
                    continue;
                }
                file.getParentFile().mkdirs();
                try (OutputStream out = new BufferedOutputStream(new FileOutputStream(file), BUFFER)) {
                    int n;
                    while ((n = zip.read(buffer)) > 0) {
                        out.write(buffer, 0, n);
                    }
                }
                count++;
            }
        }
        return count;
    }
}
