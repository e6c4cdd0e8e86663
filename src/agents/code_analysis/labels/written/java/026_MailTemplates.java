package com.acme.mail;

import java.io.StringWriter;
import java.util.Map;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class MailTemplates {

    private final VelocityEngine engine;
    private final CustomerRepository customers;

    public MailTemplates(VelocityEngine engine, CustomerRepository customers) {
        this.engine = engine;
        this.customers = customers;
    }

    private String render(String source, Map<String, Object> model) {
        VelocityContext context = new VelocityContext(model);
        StringWriter out = new StringWriter();
        engine.evaluate(context, out, "mail", source);
        return out.toString();
    }

    @PostMapping("/mail/preview")
    public ResponseEntity<String> preview(@RequestBody Map<String, String> body) {
        Object customer = customers.byId(body.get("customer"));
        if (customer == null) {
            return ResponseEntity.notFound().build();
        }
        return ResponseEntity.ok(render(body.get("template"), Map.of("customer", customer)));
    }
}
