package com.acme.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

public final class BackupRestore {

    private static final long MAX_TOTAL = 512L * 1024 * 1024;
    private static final int MAX_ENTRIES = 5_000;

    public void restore(InputStream source, Path directory) throws IOException {
        Path base = directory.toAbsolutePath().normalize();
        long total = 0;
        int entries = 0;
        try (ZipInputStream zip = new ZipInputStream(source)) {
            for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
                if (++entries > MAX_ENTRIES) {
                    throw new IOException("too many entries");
                }
                Path target = base.resolve(e.getName()).normalize();
                if (!target.startsWith(base)) {
                    throw new IOException("entry outside of directory");
                }
                if (e.isDirectory()) {
                    Files.createDirectories(target);
                    continue;
                }
                Files.createDirectories(target.getParent());
                total += copy(zip, target, MAX_TOTAL - total);
            }
        }
    }

    private long copy(InputStream in, Path target, long budget) throws IOException {
        byte[] buffer = new byte[8192];
        long written = 0;
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
            int n;
            while ((n = in.read(buffer)) > 0) {
                written += n;
                if (written > budget) {
                    throw new IOException("archive too large");
                }
                out.write(buffer, 0, n);
            }
        }
        return written;
    }
}
