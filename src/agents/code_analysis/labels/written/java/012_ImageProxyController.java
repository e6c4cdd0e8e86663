package com.acme.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class ImageProxyController {

    private static final int LIMIT = 4 * 1024 * 1024;

    private byte[] load(String address) throws IOException {
        URL url = new URL(address);
        URLConnection connection = url.openConnection();
        connection.setConnectTimeout(3000);
        connection.setReadTimeout(5000);
        try (InputStream in = connection.getInputStream()) {
            return in.readNBytes(LIMIT);
        }
    }

    @GetMapping("/image")
    public ResponseEntity<byte[]> image(@RequestParam("src") String src) throws IOException {
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .cacheControl(CacheControl.noStore())
                .body(load(src));
    }
}
