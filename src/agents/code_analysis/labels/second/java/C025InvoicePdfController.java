package com.acme.billing.pdf;

import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.CacheControl;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/invoices")
public class C025InvoicePdfController {

    private static final Logger log = LoggerFactory.getLogger(C025InvoicePdfController.class);
    private static final int MAX_NAME = 60;

    private final InvoiceRenderer renderer;

    public C025InvoicePdfController(InvoiceRenderer renderer) {
        this.renderer = renderer;
    }

    @GetMapping(value = "/{id}/pdf", produces = MediaType.APPLICATION_PDF_VALUE)
    public ResponseEntity<byte[]> pdf(@PathVariable long id,
                                      @RequestParam(value = "as", defaultValue = "invoice") String as,
                                      Principal principal) {
        Optional<byte[]> content = renderer.render(id, principal.getName());
        if (!content.isPresent()) {
            return ResponseEntity.notFound().build();
        }
        ContentDisposition disposition = ContentDisposition.builder("attachment")
                .filename(safeName(as) + "-" + id + ".pdf", StandardCharsets.UTF_8)
                .build();
        HttpHeaders headers = new HttpHeaders();
        headers.setContentDisposition(disposition);
        headers.setCacheControl(CacheControl.noStore());
        headers.setContentType(MediaType.APPLICATION_PDF);
        log.info("invoice {} downloaded", id);
        return ResponseEntity.ok().headers(headers).body(content.get());
    }

    private static String safeName(String requested) {
        StringBuilder sb = new StringBuilder();
        for (int i = 0; i < requested.length() && sb.length() < MAX_NAME; i++) {
            char c = requested.charAt(i);
            if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
                sb.append(c);
            }
        }
        return sb.length() == 0 ? "invoice" : sb.toString();
    }

    public interface InvoiceRenderer {
        Optional<byte[]> render(long invoiceId, String user);
    }
}
