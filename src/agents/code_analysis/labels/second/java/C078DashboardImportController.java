package com.acme.dashboards;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.server.ResponseStatusException;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;

/** Import of dashboard definitions (snakeyaml 1.26). */
@RestController
@RequestMapping("/dashboards")
public class C078DashboardImportController {

    private static final Logger LOG = LoggerFactory.getLogger(C078DashboardImportController.class);

    private final DashboardService dashboards;

    public C078DashboardImportController(DashboardService dashboards) {
        this.dashboards = dashboards;
    }

    @PostMapping("/import")
    @ResponseStatus(HttpStatus.CREATED)
    public List<String> importFile(@RequestParam("file") MultipartFile file) throws IOException {
        List<String> created = new ArrayList<>();
        try (InputStream in = file.getInputStream()) {
            for (Map<String, Object> definition : read(in)) {
                created.add(dashboards.create(definition));
            }
        } catch (YAMLException | ClassCastException e) {
            LOG.info("dashboard file is not valid");
            throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_ENTITY);
        }
        return created;
    }

    @SuppressWarnings("unchecked")
    private List<Map<String, Object>> read(InputStream in) {
        Yaml yaml = new Yaml();
        Map<String, Object> document = yaml.load(in);
        if (document == null) {
            return Collections.emptyList();
        }
        return (List<Map<String, Object>>) document.getOrDefault("dashboards", Collections.emptyList());
    }

    public interface DashboardService {
        String create(Map<String, Object> definition);
    }
}
