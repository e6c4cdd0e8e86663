package com.acme.campaign.web;

import freemarker.cache.StringTemplateLoader;
import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class C071CampaignPreviewController {

    private static final Logger LOG = LoggerFactory.getLogger(C071CampaignPreviewController.class);

    private final Configuration freemarker;

    public C071CampaignPreviewController() {
        freemarker = new Configuration(Configuration.VERSION_2_3_28);
        freemarker.setDefaultEncoding("UTF-8");
        StringTemplateLoader loader = new StringTemplateLoader();
        loader.putTemplate("footer.ftl", "<p>${company} - <a href='${unsubscribe}'>unsubscribe</a></p>");
        freemarker.setTemplateLoader(loader);
    }

    @PostMapping("/campaigns/preview")
    public ResponseEntity<Map<String, String>> preview(@RequestBody Map<String, String> campaign) {
        String body = campaign.getOrDefault("body", "");
        String subject = campaign.getOrDefault("subject", "(no subject)");
        Map<String, String> result = new HashMap<>();
        try {
            result.put("subject", subject);
            result.put("html", render(body + "<#include \"footer.ftl\">"));
            return ResponseEntity.ok(result);
        } catch (IOException | TemplateException e) {
            LOG.info("campaign template is not valid");
            return ResponseEntity.unprocessableEntity().build();
        }
    }

    private String render(String source) throws IOException, TemplateException {
        Template template = new Template("campaign", new StringReader(source), freemarker);
        StringWriter out = new StringWriter();
        template.process(model(), out);
        return out.toString();
    }

    private Map<String, Object> model() {
        Map<String, Object> model = new HashMap<>();
        model.put("firstName", "Maria");
        model.put("company", "Acme Ltd.");
        model.put("unsubscribe", "https://acme.example/unsubscribe");
        return model;
    }
}
