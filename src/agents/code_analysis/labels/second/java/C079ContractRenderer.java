package com.acme.contracts;

import freemarker.core.HTMLOutputFormat;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.IOException;
import java.io.StringWriter;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class C079ContractRenderer {

    private static final Logger LOG = LoggerFactory.getLogger(C079ContractRenderer.class);

    public enum Kind {
        RENTAL("rental.ftlh"),
        SERVICE("service.ftlh"),
        PURCHASE("purchase.ftlh");

        private final String template;

        Kind(String template) {
            this.template = template;
        }
    }

    private final Configuration configuration;

    public C079ContractRenderer() {
        configuration = new Configuration(Configuration.VERSION_2_3_31);
        configuration.setClassForTemplateLoading(C079ContractRenderer.class, "/templates/contracts");
        configuration.setDefaultEncoding("UTF-8");
        configuration.setOutputFormat(HTMLOutputFormat.INSTANCE);
        configuration.setRecognizeStandardFileExtensions(true);
        configuration.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        configuration.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        configuration.setLogTemplateExceptions(false);
    }

    public String render(Kind kind, String party, String subject, LocalDate from, Map<String, String> clauses)
            throws IOException {
        Map<String, Object> model = new HashMap<>();
        model.put("party", party);
        model.put("subject", subject);
        model.put("from", from.toString());
        model.put("clauses", clauses);

        Template template = configuration.getTemplate(kind.template);
        StringWriter out = new StringWriter(4096);
        try {
            template.process(model, out);
        } catch (TemplateException e) {
            LOG.error("contract template {} failed", kind, e);
            throw new IOException("contract could not be rendered");
        }
        return out.toString();
    }
}
