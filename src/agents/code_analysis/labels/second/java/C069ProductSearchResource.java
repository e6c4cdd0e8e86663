package com.acme.catalog.rest;

import java.util.List;
import java.util.stream.Collectors;
import javax.ejb.Stateless;
import javax.persistence.EntityManager;
import javax.persistence.PersistenceContext;
import javax.persistence.TypedQuery;
import javax.ws.rs.DefaultValue;
import javax.ws.rs.GET;
import javax.ws.rs.NotFoundException;
import javax.ws.rs.Path;
import javax.ws.rs.PathParam;
import javax.ws.rs.Produces;
import javax.ws.rs.QueryParam;
import javax.ws.rs.core.MediaType;

import com.acme.catalog.model.Product;

@Stateless
@Path("/products")
@Produces(MediaType.APPLICATION_JSON)
public class C069ProductSearchResource {

    private static final int PAGE_SIZE = 40;

    @PersistenceContext(unitName = "catalog")
    private EntityManager em;

    @GET
    @Path("{id}")
    public ProductDto get(@PathParam("id") long id) {
        Product product = em.find(Product.class, id);
        if (product == null) {
            throw new NotFoundException();
        }
        return ProductDto.of(product);
    }

    @GET
    public List<ProductDto> search(@QueryParam("q") @DefaultValue("") String q,
                                   @QueryParam("category") String category,
                                   @QueryParam("page") @DefaultValue("0") int page) {
        String jpql = "SELECT p FROM Product p WHERE p.published = true";
        if (!q.trim().isEmpty()) {
            jpql = jpql + " AND LOWER(p.title) LIKE :q";
        }
        if (category != null) {
            jpql = jpql + inCategory(category);
        }
        TypedQuery<Product> query = em.createQuery(jpql + " ORDER BY p.title", Product.class);
        if (!q.trim().isEmpty()) {
            query.setParameter("q", "%" + q.trim().toLowerCase() + "%");
        }
        return query.setFirstResult(Math.max(page, 0) * PAGE_SIZE)
                .setMaxResults(PAGE_SIZE)
                .getResultList()
                .stream()
                .map(ProductDto::of)
                .collect(Collectors.toList());
    }

    private static String inCategory(String category) {
        return " AND p.category.slug = '" + category + "'";
    }

    public static class ProductDto {
        public long id;
        public String title;

        static ProductDto of(Product p) {
            ProductDto dto = new ProductDto();
            dto.id = p.getId();
            dto.title = p.getTitle();
            return dto;
        }
    }
}
